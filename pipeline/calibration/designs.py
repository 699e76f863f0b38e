"""The kinds of worlds that the rule is tried on, each with its true lead."""

from dataclasses import dataclass, replace
from typing import Literal

from pipeline.calibration.worlds import (
    FUNDED,
    Block,
    Levels,
    Truth,
    WithinTruth,
    World,
    blocks_of,
    leading,
    truth,
    unmasked,
    within_truth,
)
from pipeline.evidence.settings import BetweenSettings

Role = Literal["null", "lead", "limit"]
LEADS = (0.05, 0.10, 0.16, 0.25)
EQUAL = 0.33
"""Effect of each side where both count alike: v of about 0.11."""
WITHIN = (
    "leadership_10",
    "leadership_16",
    "nothing",
    "equal",
    "equal_sizes_differ",
    "lead_few_authorities",
    "authority_only",
    "shared_trusts_nothing",
    "need_confounded",
    "reverse",
    "missing_not_at_random",
    "uneven_nothing",
    "uneven_lead",
)
"""Designs whose localities are compared within authorities as well; the others say nothing new."""


@dataclass(frozen=True)
class Design:
    """A kind of world and what is known of it.

    Attributes:
        about: what is special, in words.
        role: null: no lead, and "supported" is an error; lead: H leads; limit: something that the
            rule cannot see makes the measured lead differ from the effects, and the numbers show
            how far that misleads it.
        truth: by composition, of what is measured: this is what the rule estimates.
        effects: the composites' delta were all measured without error and every cause known.
        within: what is true within authorities, where that half is run.
    """

    name: str
    about: str
    role: Role
    world: World
    truth: dict[str, Truth]
    effects: float
    within: WithinTruth | None

    def null(self, composition: str) -> bool:
        """Whether "supported" is wrong; for both compositions together, if it is for either."""
        asked = self.truth if composition == "both" else [composition]
        return any(self.truth[one].delta < 1e-9 for one in asked)


def designs(sides: BetweenSettings) -> dict[str, Design]:
    """Every design by name, in the order of the report."""
    led, funded = Block(), Block(levels=FUNDED)

    def world(h: Block = led, b: Block = funded) -> World:
        return World(blocks_of(h, b))

    def effect(block: Block, size: float = EQUAL) -> Block:
        return replace(block, effect=size)

    weak = effect(funded, 0.1)
    equal = world(effect(led), effect(funded))
    planned = world()
    planned = replace(planned, blocks={**planned.blocks, "plans": effect(funded, 0.4)})
    shared = Levels(authority=0.1, trust=0.7, row=0.2)
    shared_noise = Levels(trust=0.5, authority=0.1, row=0.4)
    needy = replace(led, on_need=0.6)
    classed = replace(led, on_class=0.6)
    by_class = replace(world(classed), council_class=0.5, need=0.3)

    def few(one: World) -> World:
        return replace(one, authorities=42, localities=5, trusts=34)

    many, accurate = Block(size=9, reliability=0.7), Block(reliability=0.9, levels=FUNDED)

    def uneven(size: float) -> World:
        return world(many, effect(accurate, size))

    made: list[tuple[str, Role, World, str]] = [
        (
            f"leadership_{100 * lead:02.0f}",
            "lead",
            leading(world(b=weak), lead, sides),
            f"Leadership leads by {lead:.2f}; budgets count a little.",
        )
        for lead in LEADS
    ]
    made += [
        ("nothing", "null", world(), "Neither side has any effect."),
        ("budgets", "null", world(b=effect(funded, 0.4)), "Plans and budgets lead."),
        ("plans", "null", planned, "Plans alone have an effect."),
        ("equal", "null", equal, "Both sides count alike."),
        (
            "equal_sizes_differ",
            "null",
            leading(uneven(EQUAL), 0.0, sides),
            "Both sides count alike as measured; leadership's blocks have 9 indicators each of "
            "reliability 0.7, the other side's 3 of reliability 0.9.",
        ),
        (
            "equal_few_authorities",
            "null",
            few(equal),
            "Both sides count alike; 42 authorities of 5 localities.",
        ),
        (
            "lead_few_authorities",
            "lead",
            few(leading(world(b=weak), 0.16, sides)),
            "Leadership leads by 0.16; 42 authorities of 5 localities.",
        ),
        (
            "authority_only",
            "lead",
            leading(
                world(Block(levels=Levels(authority=0.8, authority_year=0.2)), weak), 0.16, sides
            ),
            "Leadership leads by 0.16 and varies between authorities only.",
        ),
        (
            "shared_trusts_nothing",
            "null",
            replace(world(Block(levels=shared)), trusts=20, noise=shared_noise),
            "Neither side has any effect; 20 trusts stand behind 80 authorities, and most of "
            "leadership and of what nothing explains is the trusts'.",
        ),
        (
            "shared_trusts_equal",
            "null",
            replace(
                world(effect(Block(levels=shared)), effect(funded)), trusts=20, noise=shared_noise
            ),
            "The same with both sides counting alike.",
        ),
        (
            "need_confounded",
            "null",
            world(needy),
            "Need drives leadership and the outcome; it is among the controls, measured well.",
        ),
        (
            "class_confounded",
            "null",
            by_class,
            "Class of council drives leadership and the outcome; it is among the controls.",
        ),
        (
            "noisy_survey",
            "lead",
            leading(world(Block(reliability=0.5), weak), 0.10, sides),
            "Leadership is measured with reliability 0.5, and still leads by 0.10 as measured.",
        ),
        (
            "opposite_ways",
            "null",
            world(replace(effect(led, 0.5), opposite=True, size=4), weak),
            "Leadership's indicators work in opposite directions: free they lead, averaged they "
            "cancel. The right answer is that it depends on the composition.",
        ),
        (
            "noisy_budgets",
            "limit",
            world(effect(led), replace(effect(funded), reliability=0.5)),
            "Both sides count alike, but plans and budgets are measured with reliability 0.5.",
        ),
        (
            "need_measured_badly",
            "limit",
            replace(world(needy), need_reliability=0.4),
            "Need drives leadership and the outcome and is measured with reliability 0.4.",
        ),
        (
            "class_left_out",
            "limit",
            replace(by_class, class_known=False),
            "Class of council drives leadership and the outcome, and is left out of the controls.",
        ),
        (
            "reverse",
            "limit",
            world(replace(led, on_innovation=0.5)),
            "Leadership has no effect: places that did well get better leaders a year later.",
        ),
        (
            "missing_not_at_random",
            "null",
            replace(equal, missing=1.0),
            "Both sides count alike; rows with a poor outcome and poor leadership go missing.",
        ),
        (
            "uneven_nothing",
            "null",
            replace(uneven(0.0), missing=1.0),
            "Neither side has any effect; blocks of 9 indicators of reliability 0.7 and of 3 of "
            "0.9; rows with a poor outcome and poor leadership go missing.",
        ),
        (
            "uneven_lead",
            "lead",
            replace(leading(uneven(0.1), 0.16, sides), missing=1.0),
            "The same, and leadership leads by 0.16 among all rows.",
        ),
    ]
    return {
        name: Design(
            name,
            about,
            role,
            one,
            truth(one, sides),
            truth(unmasked(one), sides)["composite"].delta,
            within_truth(one, sides) if name in WITHIN else None,
        )
        for name, role, one, about in made
    }
