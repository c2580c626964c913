"""What the API answers: types of its own, so that records can change inside without anybody outside noticing."""
