"""One HTTP request to a service on this machine."""

import http.client

SECONDS = 30


def ask(port, method, path, body=None, headers=None, timeout=SECONDS):
    """Returns status, headers and body of the answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        connection.request(method, path, body, headers or {})
        response = connection.getresponse()
        return response.status, response.headers, response.read()
    finally:
        connection.close()
