curl -X GET "https://app.leadtrackr.io/api/leads/getLeads?limit=10&page=1&status=open&sort=createdAt:desc" \
  -H "X-API-Key: your-api-key-here"
