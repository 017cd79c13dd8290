from stats import mean, median, spread

assert mean([]) == 0.0
assert median([3, 1, 2]) == 2
assert median([4, 1, 3, 2]) == 2.5
assert spread([4, 9]) == 5
assert mean([2, 4]) == 3
assert mean([1, 2]) == 1.5
print("fine")
