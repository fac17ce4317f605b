"""Backbot over HTTP: a Flask app factory with one blueprint for each kind of visitor."""
