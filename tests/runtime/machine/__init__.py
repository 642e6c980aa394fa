"""The machine on tables made by hand: every test is one thing an author or a user would see."""
