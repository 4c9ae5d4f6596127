import pytest

ITEM = {
    "pk": {"S": "bucket/index"},
    "sk": {"S": "tenants/acme/a b+ü.txt"},
    "number": {"N": "1.50"},
    "binary": {"B": b"\x00\xff"},
    "flag": {"BOOL": False},
    "nothing": {"NULL": True},
    "strings": {"SS": ["a", "b"]},
    "numbers": {"NS": ["1", "2.5"]},
    "binaries": {"BS": [b"a", b"\xfe"]},
    "map": {"M": {"list": {"L": [{"M": {"deep": {"B": b"\xfd"}}}, {"N": "2"}, {"S": ""}]}}},
    "empty": {"L": []},
}


def key(sk, pk="p"):
    return {"pk": {"S": pk}, "sk": {"S": sk}}


def put(stack, *keys):
    for sk in keys:
        stack.dynamodb.put_item(TableName=stack.table, Item={**key(sk), "n": {"N": "1"}})


def raise_n(stack, sk, **settings):
    return {
        "TableName": stack.table,
        "Key": key(sk),
        "UpdateExpression": "ADD n :one",
        "ExpressionAttributeValues": {":one": {"N": "1"}},
        **settings,
    }


def put_of_every_type(stack):
    stack.dynamodb.put_item(TableName=stack.table, Item=ITEM)


def put_over(stack):
    put(stack, "a", "b")
    stack.dynamodb.put_item(TableName=stack.table, Item={**key("a"), "other": {"S": "x"}})


def put_by_the_tables_arn(stack):
    table = stack.dynamodb.describe_table(TableName=stack.table)["Table"]
    stack.dynamodb.put_item(TableName=table["TableArn"], Item=key("a"))


def update(stack):
    put(stack, "a")
    stack.dynamodb.update_item(**raise_n(stack, "a"))
    stack.dynamodb.update_item(**raise_n(stack, "new"))


def delete(stack):
    put(stack, "a", "b")
    stack.dynamodb.delete_item(TableName=stack.table, Key=key("a"))


def write_a_batch(stack):
    put(stack, "a", "b")
    stack.dynamodb.batch_write_item(
        RequestItems={
            stack.table: [
                {"DeleteRequest": {"Key": key("a")}},
                {"PutRequest": {"Item": {**key("c"), "x": {"S": "y"}}}},
            ]
        }
    )


def transact(stack):
    put(stack, "a", "b", "c")
    stack.dynamodb.transact_write_items(
        TransactItems=[
            {"Delete": {"TableName": stack.table, "Key": key("a")}},
            {"Update": raise_n(stack, "b")},
            {"Put": {"TableName": stack.table, "Item": key("d")}},
            {
                "ConditionCheck": {
                    "TableName": stack.table,
                    "Key": key("c"),
                    "ConditionExpression": "attribute_exists(pk)",
                }
            },
        ]
    )


def execute_statements(stack):
    put(stack, "a", "b")
    stack.dynamodb.execute_statement(
        Statement=f"""DELETE FROM "{stack.table}" WHERE "pk" = 'p' AND "sk" = 'a'"""
    )


def fail_a_condition(stack):
    put(stack, "a")
    with pytest.raises(stack.dynamodb.exceptions.ConditionalCheckFailedException):
        stack.dynamodb.update_item(
            **raise_n(stack, "a", ConditionExpression="attribute_not_exists(pk)")
        )


def fail_a_transaction(stack):
    put(stack, "a")
    no = {"TableName": stack.table, "Key": key("a"), "ConditionExpression": "n = pk"}
    with pytest.raises(stack.dynamodb.exceptions.TransactionCanceledException):
        stack.dynamodb.transact_write_items(
            TransactItems=[{"Update": raise_n(stack, "b")}, {"ConditionCheck": no}]
        )


def fail_a_batch_in_its_midst(stack):
    items = [key("a"), {**key("b"), "too large": {"S": "x" * 500_000}}]
    with pytest.raises(stack.dynamodb.exceptions.ClientError):
        stack.dynamodb.batch_write_item(
            RequestItems={stack.table: [{"PutRequest": {"Item": item}} for item in items]}
        )


@pytest.mark.parametrize(
    "change",
    [
        put_of_every_type,
        put_over,
        put_by_the_tables_arn,
        update,
        delete,
        write_a_batch,
        transact,
        execute_statements,
        fail_a_condition,
        fail_a_transaction,
        fail_a_batch_in_its_midst,
    ],
)
def test_what_was_changed_is_there_again(stack, restart, change):
    change(stack)
    before = stack.items()

    restart()

    assert before
    assert stack.items() == before


def test_items_of_every_type_are_told_as_they_were_put(stack, restart):
    put_of_every_type(stack)

    restart()

    assert stack.items() == [ITEM]


def test_items_go_on_after_a_restart_as_if_there_was_none(stack, restart):
    put(stack, "a", "b")
    restart()
    stack.dynamodb.update_item(**raise_n(stack, "a"))
    stack.dynamodb.delete_item(TableName=stack.table, Key=key("b"))

    restart()

    assert stack.items() == [{**key("a"), "n": {"N": "2"}}]


def test_another_tables_items_are_not_taken_for_the_tables_own(stack, restart):
    other = stack.dynamodb.create_table(
        TableName="other",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )["TableDescription"]["TableName"]
    stack.dynamodb.put_item(TableName=other, Item={"pk": {"S": "a"}})
    put(stack, "a")
    before = stack.items()

    restart()

    assert stack.items() == before


def test_a_table_that_was_deleted_is_empty_after_a_restart(stack, restart):
    put(stack, "a")
    stack.dynamodb.delete_table(TableName=stack.table)

    restart()

    assert stack.items() == []
