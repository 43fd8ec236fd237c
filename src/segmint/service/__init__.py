"""The HTTP service: a call centre's system asks for a propensity and gets it in milliseconds.

`app.service` puts the routes together; `keys` says who may ask; `body` reads what came; `champion` holds the bundle in
use and swaps it; `limits` says how much at a time; `request_id` names each request; `codes` lists what can go wrong;
`describe` writes OpenAPI from the contract. What is said of customers comes from `segmint.flows`.
"""
