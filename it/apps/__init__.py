"""Applications that the tests serve; each is one file that is copied into a test's project folder.
"""
