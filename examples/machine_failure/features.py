from math import pi


def execute(prepared):
    return prepared.assign(
        quality=prepared["quality"].map({"L": 0, "M": 1, "H": 2}),
        warmer=prepared["process"] - prepared["air"],
        power=prepared["torque"] * prepared["speed"] * 2 * pi / 60,
        strain=prepared["torque"] * prepared["wear"],
    )
