"""What the state machine of BulkSync makes of a listing, evaluated as Step Functions does."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonata import Jsonata

from indexing_queue import ReconcileRequest
from tests.template.test_template import template

MAP = template().properties("BulkSyncSteps")["Definition"]["States"]["AskForEach"]
ASK = MAP["ItemProcessor"]["States"]["Ask"]
BUCKET = MAP["ItemReader"]["Arguments"]["Bucket"]


def evaluate(expression, **variables):
    compiled = Jsonata(expression.strip().removeprefix("{%").removesuffix("%}"))
    frame = compiled.create_frame()
    for name, value in variables.items():
        frame.bind(name, value)
    return compiled.evaluate(None, frame)


def entries(keys):
    items = [{"Key": key, "Size": 1, "Etag": "e"} for key in keys]
    return evaluate(ASK["Arguments"]["Entries"], states={"input": {"Items": items}})


@settings(deadline=None)  # JSONata in Python takes its time
@given(st.lists(st.text(min_size=1, max_size=20), min_size=1, max_size=10))
def test_every_key_of_a_batch_becomes_a_request(keys):
    messages = entries(keys)

    requests = [ReconcileRequest.from_message(json.loads(m["MessageBody"])) for m in messages]
    assert requests == [ReconcileRequest(BUCKET, key) for key in keys]
    assert len({message["Id"] for message in messages}) == len(keys)


def test_a_batch_is_as_large_as_the_queue_takes():
    assert MAP["ItemBatcher"]["MaxItemsPerBatch"] == 10


@pytest.mark.parametrize(("event", "prefix"), [({}, ""), ({"prefix": "tenants/a/"}, "tenants/a/")])
def test_the_listing_is_of_the_prefix_that_is_asked_for(event, prefix):
    arguments = MAP["ItemReader"]["Arguments"]

    assert evaluate(arguments["Prefix"], states={"input": event}) == prefix


@pytest.mark.parametrize(
    ("answer", "following"),
    [
        ({"Successful": [{"Id": "0"}]}, "Taken"),
        ({"Successful": [{"Id": "0"}], "Failed": []}, "Taken"),
        ({"Failed": [{"Id": "0"}]}, "Wait"),
    ],
)
def test_a_batch_that_the_queue_did_not_take_whole_is_sent_again(answer, following):
    states = MAP["ItemProcessor"]["States"]
    batch = {"Items": [{"Key": "a"}]}
    found = {"input": batch, "result": answer}

    refused = evaluate(ASK["Assign"]["refused"], states=found)
    assert evaluate(ASK["Output"], states=found) == batch
    choice = states[ASK["Next"]]
    [rule] = choice["Choices"]
    taken = evaluate(rule["Condition"], refused=refused)

    assert (rule["Next"] if taken else choice["Default"]) == following
    assert states["Wait"]["Next"] == "Ask"


def test_what_comes_of_it_does_not_grow_with_the_bucket():
    """256 KiB is what the results of all batches may have together; those of most buckets are more."""
    states = MAP["ItemProcessor"]["States"]
    ends = [name for name, state in states.items() if state["Type"] == "Succeed"]

    assert [states[name]["Output"] for name in ends] == [[]]
    assert MAP["ResultWriter"] == {
        "WriterConfig": {"Transformation": "FLATTEN", "OutputType": "JSON"}
    }
