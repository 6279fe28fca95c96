"""Every statement, written once in SQLAlchemy's words; the texts in ``sql/`` are made from these.

Each file has one function that gives its statements by name. Parameters that name a row begin with ``k_``,
those that a row is compared with begin with ``was_``, the others are named as their columns.
"""
