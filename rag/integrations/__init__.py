"""Wenju in other frameworks, a module each, named like the framework; each loads it on import, and nothing here loads them."""
