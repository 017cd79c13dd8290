"""Tables of numbers as lists of rows."""


def size(rows):
    return len(rows), len(rows[0]) if rows else 0


def transpose(rows):
    height, width = size(rows)
    result = [[0] * height for _ in range(width)]
    for y in range(height):
        for x in range(width):
            result[x][y] = rows[y][y]
    return result


def column_sums(rows):
    return [sum(column) for column in transpose(rows)]
