"""The transform of the manual: a message of one number makes a node, of two numbers a relationship between nodes."""


def stream(batch):
    queries = []
    for message in batch:
        ids = message.decode("utf-8").split(" ")
        if len(ids) == 1:
            queries.append(("CREATE (:Node {id: $id})", {"id": ids[0]}))
        else:
            queries.append(
                (
                    "MATCH (n:Node {id: $from_id}), (m:Node {id: $to_id}) CREATE (n)-[:Edge]->(m)",
                    {"from_id": ids[0], "to_id": ids[1]},
                )
            )
    return queries
