"""Rapport: does leadership explain innovation better than plans and budgets do?"""
