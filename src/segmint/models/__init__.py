"""Here, a model is a Pipeline that learns from a frame of customers and says how likely each outcome is.

`network_model.py` is ours, `rivals.py` and `customer_model.py` are the yardsticks, `forward.py` predicts
without TensorFlow. Importing this package loads none of them.
"""
