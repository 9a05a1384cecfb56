"""The checks that find faults in listings, and name each in a sentence to a coordinator.

``fields`` looks at one listing by itself, ``known`` compares it with what is known to be wrong and
with its neighbours, ``duplicates`` finds the same service twice, ``links`` looks at web addresses.
"""
