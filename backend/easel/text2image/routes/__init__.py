"""The server's HTTP routes: they translate, and decide nothing."""
