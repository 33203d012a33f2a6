"""Other services' APIs, translated to the native contract: one package a dialect."""
