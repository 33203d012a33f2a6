"""What several replicas bring, and how many there are when."""
