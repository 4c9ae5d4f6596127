"""dropvec's vector store beside others for Python, against one endpoint."""
