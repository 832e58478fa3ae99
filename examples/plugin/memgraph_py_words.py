"""Functions and a procedure of a plug-in.

RETURN words.initials('Ada Lovelace')                        'AL'
MATCH (p:Person) RETURN words.longest(p.name)                the longest name
CALL words.split('a b a') YIELD word, count                  'a', 2 and 'b', 1
"""

from collections import Counter

from memgraph_py.columnar import Column
from memgraph_py.functions.registry import aggregate, procedure, scalar


@scalar("words.initials", 1)
def initials(text):
    """The first letters of the words; NULL of NULL."""
    return "".join(word[0] for word in text.split())


@aggregate("words.longest", 1)
def longest(environment, arguments, groups, group_count):
    """The longest text of each group, the first of several; NULL where there is none."""
    found = [None] * group_count
    for text, group in zip(arguments[0].to_values(), groups.tolist(), strict=True):
        if text is not None and (found[group] is None or len(text) > len(found[group])):
            found[group] = text
    return Column.from_values(found)


@procedure("words.split", (("text", "STRING"),), (("word", "STRING"), ("count", "INTEGER")))
def split(environment, arguments):
    """The words of a text, and how often each is there."""
    return Counter(arguments[0].split()).items()
