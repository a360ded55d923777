"""Widgets that draw the values they are given; they know no app, no store and no engine."""
