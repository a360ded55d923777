"""The bundled tables; see SOURCES.md."""
