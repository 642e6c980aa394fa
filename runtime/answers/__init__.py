"""What people type, read type by type: each module turns a text into values of one family, or into None."""
