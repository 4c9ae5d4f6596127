from local.http_api import Route, cors, routes
from local.template import Template


def template(**parameters):
    return Template.load(
        stack_name="search",
        parameters={"VectorStore": "s3vectors://my-s3-vectors-bucket", **parameters},
        resource_values=lambda logical_id, attribute: f"{logical_id}.{attribute}",
    )


def test_a_route_names_the_function_behind_its_integration():
    assert Route("POST /query", "QueryingFunction", "AWS_IAM") in routes(template())


def test_a_path_parameter_is_one_segment():
    route = Route("POST /tenants/{tenant_id}/query", "Querying")

    assert route.parameters("POST", "/tenants/a.b/query") == {"tenant_id": "a.b"}
    for path in ("/tenants//query", "/tenants/a/b/query", "/tenants/a/query/", "/tenantsXa/query"):
        assert route.parameters("POST", path) is None
    assert route.parameters("GET", "/tenants/a/query") is None


def test_without_origins_there_is_no_cors():
    assert cors(template()) is None

    allowed = cors(template(AllowedOrigins="https://a.example,http://localhost:5173"))
    assert allowed.origins == ("https://a.example", "http://localhost:5173")
    assert "x-request-id" in allowed.exposed
