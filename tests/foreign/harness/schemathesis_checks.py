"""What schemathesis does beside what it does by itself: it loads this module."""

from __future__ import annotations

import schemathesis

#: Fields whose values a schema cannot describe in full, and why they may be refused all the same.
UNSAYABLE = {
    "Idempotency-Key": "it may have been used for another body",
    "callback_url": "the grammar of hosts, and octets, which are not characters; in a query or form: goes with a receipt",
    "client_reference": "255 octets, which are not characters",
    "in_reply_to": "there must be such a message",
    "not_before": "30 days from now",
    "tags": "64 octets, which are not characters",
    "trx_id": "there must be such a message; not beside `in_reply_to`",
    "udh": "the grammar of user data headers",
}


@schemathesis.hook
def before_call(ctx, case, kwargs) -> None:
    """Does not wait for what never comes."""
    wait_s = str((case.query or {}).get("wait_s", ""))
    if wait_s.isdigit() and int(wait_s) <= 60:
        case.query["wait_s"] = "0"


@schemathesis.check
def valid_data_is_refused_for_what_no_schema_can_say_alone(ctx, response, case) -> None:
    """A 422 for a request that is as the document has it names a field of which more is to be known."""
    if response.status_code != 422 or case.meta is None or not case.meta.generation.mode.is_positive:
        return
    said = response.json()
    problems = [item["problem"] for item in said if "problem" in item] if isinstance(said, list) else [said]
    for problem in problems:
        assert problem.get("field") in UNSAYABLE, problem


@schemathesis.check
def valid_data_is_forbidden_for_where_it_would_be_called_alone(ctx, response, case) -> None:
    """A 403 for a request that is as the document has it is about a URL: the account may send and ask all else."""
    if response.status_code != 403 or case.meta is None or not case.meta.generation.mode.is_positive:
        return
    said = response.json()
    problems = [item["problem"] for item in said if "problem" in item] if isinstance(said, list) else [said]
    for problem in problems:
        assert (problem["code"], problem.get("field")) == ("callback_not_allowed", "callback_url"), problem
