"""Being here puts this folder on the path: `toy` is for every test of the runtime, in whichever folder."""
