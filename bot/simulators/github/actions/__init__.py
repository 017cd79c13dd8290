"""What can be done, whoever does it: each action changes the state and tells the app.

The REST API (the app's bot) and the person API (humans) both end here. Permissions and the shape
of requests are their business; the rules of the thing itself are ours.
"""
