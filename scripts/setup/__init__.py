"""`make setup`: both Python environments, the embedded model, the catalogue snapshot and the Rasa model.

Standard library only, for any Python from 3.8 on: it runs before anything is installed.
"""
