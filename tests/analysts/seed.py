"""Prints a planned year as SQL for psql: `python3 seed.py --size 3000 | psql …`, into an empty, migrated database, as a superuser.

The read models are filled by the platform's own code, by its workers or by `tot projections rebuild <model>`.
"""

import argparse

import facts
from plan import Plan


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--size", type=int, default=3000, help="how many bookings are tried")
    for line in facts.sql(Plan(arguments.parse_args().size)):
        print(line)


if __name__ == "__main__":
    main()
