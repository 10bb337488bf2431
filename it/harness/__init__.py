"""What the tests drive: real servers, real clients, real processes. Each test file reads as
documentation of its set-up.
"""
