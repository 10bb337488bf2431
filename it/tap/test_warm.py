def test_warm(quickstart):
    pass
