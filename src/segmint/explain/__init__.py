"""Here, to explain means to say why one customer is likelier to say yes than another."""
