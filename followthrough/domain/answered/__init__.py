"""What is asked once, by activities, pages and mails: rules of the organisation, deadlines, proposals, texts.

A workflow has only the answers, which lie in its history, so all of this may change freely.
"""
