"""How many letters apart two spellings are, counted only as far as it matters."""


def apart(one: str, other: str, most: int) -> int:
    """Return the letters to add, drop, change or swap with a neighbour; ``most + 1`` where it is more than ``most``."""
    too_many = most + 1
    if abs(len(one) - len(other)) > most:
        return too_many
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, start=1):
        older, before, row = before, row, [i]
        for j, there in enumerate(other, start=1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != there))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == there:
                cost = min(cost, older[j - 2] + 1)
            row.append(cost)
        if min(row) > most and (not before or min(before) > most):
            return too_many
    return min(row[-1], too_many)
