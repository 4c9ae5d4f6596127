import pytest

from local.roles import OPERATOR, access_key_id, principals, roles
from local.stack import LocalStack
from local.template import Template

ALLOW_READ = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": {"Fn::GetAtt": ["X", "Arn"]}}


def template(**policies):
    """A template whose functions, by name, have these policies."""
    functions = {
        name: {"Type": "AWS::Serverless::Function", "Properties": {"Policies": listed}}
        for name, listed in policies.items()
    }
    table = {"Type": "AWS::DynamoDB::Table", "Properties": {}}
    return Template(
        {"Parameters": {}, "Resources": {**functions, "Table": table}},
        stack_name="search",
        parameters={},
        resource_values=lambda logical_id, attribute: f"{logical_id}.{attribute}",
    )


def test_every_function_calls_in_a_role_of_its_own():
    found = principals(template(Reader=[{"Statement": [ALLOW_READ]}], Idler=[]))

    reader, idler = found[access_key_id("Reader")], found[access_key_id("Idler")]
    assert set(found) == {access_key_id("Reader"), access_key_id("Idler"), OPERATOR}
    assert reader.arn == "arn:aws:sts::123456789012:assumed-role/search-ReaderRole/Reader"
    assert reader.denial("s3:GetObject", "X.Arn", {}) is None
    assert reader.denial("s3:GetObject", "Y.Arn", {})
    assert idler.statements == ()


def test_the_operator_may_do_everything():
    operator = principals(template())[OPERATOR]

    assert operator.denial("dynamodb:DeleteTable", "*", {}) is None


def test_several_policies_of_one_statement_each_add_up():
    write = {**ALLOW_READ, "Action": "s3:PutObject"}
    found = principals(template(Writer=[{"Statement": ALLOW_READ}, {"Statement": write}]))

    assert len(found[access_key_id("Writer")].statements) == 2


@pytest.mark.parametrize("policy", ["AmazonS3ReadOnlyAccess", {"S3ReadPolicy": {}}])
def test_a_policy_by_name_is_refused(policy):
    with pytest.raises(NotImplementedError, match=r"S3Read|S3ReadOnly"):
        principals(template(Reader=[policy]))


def with_a_role(**properties):
    """A template with a function, in a role that has these properties."""
    role = {"AssumeRolePolicyDocument": {"Statement": TRUST}, **properties}
    written = {"Statement": {**ALLOW_READ, "Action": "s3:PutObject"}}
    attached = {"PolicyName": "x", "Roles": [{"Ref": "Its"}], "PolicyDocument": written}
    function = {"Role": {"Fn::GetAtt": ["Its", "Arn"]}}
    return Template(
        {
            "Parameters": {},
            "Resources": {
                "Its": {"Type": "AWS::IAM::Role", "Properties": role},
                "More": {"Type": "AWS::IAM::Policy", "Properties": attached},
                "Reader": {"Type": "AWS::Serverless::Function", "Properties": function},
            },
        },
        stack_name="search",
        parameters={},
        resource_values=lambda logical_id, attribute: f"{logical_id}.{attribute}",
    )


TRUST = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "*"}
OWN = {"PolicyName": "own", "PolicyDocument": {"Statement": ALLOW_READ}}


def test_a_function_in_a_declared_role_may_do_what_its_own_and_attached_policies_allow():
    template = with_a_role(Policies=[OWN])

    reader = principals(template)[access_key_id("Reader")]
    (role,) = roles(template).values()
    assert reader.arn == "arn:aws:sts::123456789012:assumed-role/search-Its/Reader"
    assert reader.role_arn == role.arn
    assert [s["Action"] for s in reader.statements] == ["s3:GetObject", "s3:PutObject"]
    assert role.statements == reader.statements
    assert role.trust == (TRUST,)


def test_policies_of_aws_are_refused():
    arn = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"

    with pytest.raises(NotImplementedError, match="AmazonS3ReadOnlyAccess"):
        principals(with_a_role(ManagedPolicyArns=[arn]))


def test_a_functions_environment_has_the_key_of_its_own_role():
    stack = LocalStack("http://127.0.0.1:4600")

    keys = {
        function: stack.environment(function)["AWS_ACCESS_KEY_ID"]
        for function in stack.template.logical_ids("AWS::Serverless::Function")
    }

    assert len(set(keys.values())) == len(keys) > 1
    assert set(stack.principals()) == {*keys.values(), OPERATOR}
