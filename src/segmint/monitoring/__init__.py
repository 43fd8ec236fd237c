"""Here, to monitor means to hold new customers and outcomes against what was seen in training."""
