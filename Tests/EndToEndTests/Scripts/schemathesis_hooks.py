"""Gives schemathesis credentials that are good, so that it gets beyond the first door."""

import schemathesis


@schemathesis.hook
def before_load_schema(context, raw_schema):
    schemas = raw_schema["components"]["schemas"]
    for name in "Login", "Grant":
        properties = schemas[name]["properties"]
        properties["username"] = {"enum": ["casuser"]}
        properties["password"] = {"enum": ["Mellon", "wrong"]}
        properties["service"] = {"enum": ["https://app.example.org/", "https://nobody.example.com/", None]}
    schemas["Login"]["required"] = ["username", "password"]
    # In JSON, so that the links find the ticket.
    types = ["application/json;profile=casd", "text/html", "text/plain", "application/xml"]
    accept = {"name": "Accept", "in": "header", "required": True, "schema": {"enum": types}}
    for path in "/v1/tickets", "/v1/tickets/{ticket}":
        operation = raw_schema["paths"][path]["post"]
        operation["parameters"] = operation.get("parameters", []) + [accept]
