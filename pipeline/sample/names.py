"""Words for invented places and trusts: each name holds a word for something made up."""

STEMS = (
    "Figment",
    "Fable",
    "Pretend",
    "Mock",
    "Invent",
    "Notion",
    "Phantom",
    "Mirage",
    "Saga",
    "Riddle",
    "Whimsy",
    "Daydream",
    "Specimen",
    "Dummy",
    "Placebo",
    "Conjure",
    "Fiction",
    "Parable",
    "Proxy",
    "Quasi",
    "Pseudo",
    "Simul",
    "Template",
    "Wishful",
    "Maybe",
    "Suppose",
)
"""No English council, current or former, has any of these in its name; a test asserts it."""

SUFFIX = {
    "shire county": "shire",
    "unitary authority": "ton",
    "metropolitan district": "field",
    "London borough": "wick",
}
DIRECTIONS = ("North", "South", "East", "West", "Mid", "Upper")
CITY = "City of Figmentum"
PAIRED = ("Fable", "Whimsy")
"""One unitary is named after two words: ``Fable and Whimsy``, or with an ampersand."""

REGIONS = (
    ("Synthetic North", "SN"),
    ("Synthetic North Shore", "NS"),
    ("Synthetic Dales", "SD"),
    ("Synthetic Eastern Middle", "EI"),
    ("Synthetic Western Middle", "WI"),
    ("Synthetic Fens", "SF"),
    ("Synthetic Capital", "C"),
    ("Synthetic South Shore", "SS"),
    ("Synthetic Peninsula", "SP"),
)
"""Region and its short form in the finance returns. The seventh is the capital."""
CAPITAL = 6
