"""From the lines of pages to articles: what belongs to a paragraph, what is a headline, and where one article ends."""
