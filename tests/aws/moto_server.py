"""moto's server on the given port, with two repairs of moto 5.2.5.

It names the root of an XML reply after the operation, where AWS's model names it after a shape, and AWS's own Rust SDK
insists on that. It forgets an index's metadata configuration, which can't be changed later.
"""

import sys

from moto.core.responses import ActionResult
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from moto.s3vectors.responses import S3VectorsResponse
from werkzeug.serving import run_simple

# The roots that AWS sends, by the roots that moto sends.
ROOTS = {b"GetBucketVersioningResponse": b"VersioningConfiguration"}


class Renamed:
    """The application with the roots of its replies renamed."""

    def __init__(self, application):
        self.application = application

    def __call__(self, environ, start_response):
        begun = []
        body = b"".join(self.application(environ, lambda status, headers, *rest: begun.append((status, headers))))
        for wrong, right in ROOTS.items():
            body = body.replace(b"<" + wrong, b"<" + right).replace(b"</" + wrong, b"</" + right)
        status, headers = begun[-1]
        if environ["REQUEST_METHOD"] != "HEAD":
            headers = [(n, v) for n, v in headers if n.lower() != "content-length"] + [("Content-Length", str(len(body)))]
        start_response(status, headers)
        return [body]


class Remembering:
    """Index operations that keep the metadata configuration."""

    kept = {}
    create, get = S3VectorsResponse.create_index, S3VectorsResponse.get_index

    @staticmethod
    def create_index(response):
        made = Remembering.create(response)
        Remembering.kept[response._get_param("indexName")] = response._get_param("metadataConfiguration")
        return made

    @staticmethod
    def get_index(response):
        index = Remembering.get(response).result["index"]
        index.metadata_configuration = Remembering.kept.get(index.index_name)
        return ActionResult(result={"index": index})


if __name__ == "__main__":
    S3VectorsResponse.create_index = Remembering.create_index
    S3VectorsResponse.get_index = Remembering.get_index
    run_simple("127.0.0.1", int(sys.argv[1]), Renamed(DomainDispatcherApplication(create_backend_app)), threaded=True)
