"""What a folder of real files, and a watcher of it, promise."""
