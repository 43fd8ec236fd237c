"""Here, a model is a Pipeline that learns from a frame of customers and says how likely each outcome is.

Importing this package loads none of them.

========================  ===============================================================================
`names`                   what models are called
`customer_model`          features and classifier in one Pipeline; `make_model` makes any of them by name
*Our network, and how it learns*
`network_model`           NetworkModel: from customers to propensities, taught by a recipe
`network`                 DenseNetworkClassifier: one plain network as a scikit-learn classifier
`layer_rule`              the one hard rule: only Dense, BatchNormalization and Dropout
`_keras`                  the only file that imports TensorFlow
`pair_choice`             which pairs of columns are read together
`change_choice`           which changes from one number to another are read
`unexplained`             what small trees leave unexplained, which these choices look at
`step_choice`             which numbers are read in finer steps, and where
`keep_apart`              inner rows of a fit that got none
`teachers`                which models teach the network, by recipe
`distil`                  what the teachers know, made into rows to learn from
`merge`                   several networks as one
`calibration`             what makes 20 % mean 20 in 100
`tensorboard_log`         one folder that TensorBoard reads
*What it is compared with*
`rivals`                  what a bank would otherwise use, each encoded as suits it
*How any model learns*
`reads`                   what its `fit` asks for beside customers and their outcome
`side_by_side`            several models learning at once
`effort`                  how many minutes a fit will take
`hush`                    what a native library says, kept from the terminal
*Predicting, without TensorFlow*
`fitted`                  a trained model as arrays and plain JSON, and a model from that again
`predict`                 Predictor: from typed customers to propensities
`forward`                 the network as matrix products
`interval`                how well a propensity is known
`single`                  SinglePredictor: one customer at a time, for the service
========================  ===============================================================================
"""
