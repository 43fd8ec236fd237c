"""The HTTP service: a call centre's system asks for a propensity and gets it in milliseconds.

What is said of customers comes from `segmint.flows`.

========================  ==================================================================
`start`                   the service started, or refused where that would be unsafe
`app`                     the routes, and what stands before each of them
`champion`                the bundle in use, swapped whole when it changes
*Before a request is answered*
`slow`                    who sends or reads too slowly is cut off; seats, and who gets none
`heads`                   the head of a request, read in one way
`request_id`              a name for each request
`keys`                    who may ask: keys, their scopes and their end
`limits`                  how much at a time: calls, work in the queue, seconds
`body`                    a request's body: strict JSON, errors that name a field
*What is answered*
`tables`                  whole tables
`children`                call lists, made by child processes
`idempotency`             one list for a request, however often it is sent
`problems`                what goes wrong, as problem+json
*What programs read of it*
`codes`                   every code in an answer, and what it means
`describe`                OpenAPI and JSON Schema, from the contract of the bundle
========================  ==================================================================
"""
