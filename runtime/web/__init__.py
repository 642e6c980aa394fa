"""The public routes: `app` joins `webhook` and `health`."""
