"""The steps from one schema to the next, run by Alembic under an advisory lock.

Law: steps on the consumers' tables only add. A step that has been released is never edited.
"""
