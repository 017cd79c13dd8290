"""The JSON shapes of the REST API and of the webhooks, whole: every URL field included.

https://github.com/github/rest-api-description is what they are held to.
"""
