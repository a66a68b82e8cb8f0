"""Where the conversation happens: HTTP, WeChat, the terminal page, the command line, and storage."""
