"""What snapshot isolation allows, and serialisability would not."""

import pytest
from neo4j import Driver
from neo4j.exceptions import TransientError

ON_CALL = "MATCH (d:Doctor {on_call: true}) RETURN count(d)"
GO_HOME = "MATCH (d:Doctor {name: $name}) SET d.on_call = false"
TOUCH = "MATCH (d:Doctor) SET d.seen = $name"


@pytest.mark.parametrize("is_prevented", [False, True])
def test_write_skew(driver: Driver, is_prevented: bool) -> None:
    """Two doctors are on call, and each goes home as the other one stays: both read both and write their own, and
    nobody is left. Who writes to all that the decision rests on prevents it: the second is told to try again."""
    with driver.session() as one, driver.session() as two:
        one.run("CREATE (:Doctor {name: 'a', on_call: true}), (:Doctor {name: 'b', on_call: true})").consume()
        first, second = one.begin_transaction(), two.begin_transaction()
        for transaction, name in ((first, "a"), (second, "b")):
            assert transaction.run(ON_CALL).single(strict=True)[0] == 2
            transaction.run(GO_HOME, name=name).consume()
            if is_prevented:
                transaction.run(TOUCH, name=name).consume()
        first.commit()
        if is_prevented:
            with pytest.raises(TransientError):
                second.commit()
        else:
            second.commit()
        assert one.run(ON_CALL).single(strict=True)[0] == (1 if is_prevented else 0)
