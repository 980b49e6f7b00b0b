"""The chat's parts that know no Gradio: what it shows as HTML, what can be taken away from it, and what it keeps."""
