curl -H "Content-Type: application/json" -X POST \
  -d '{
    "lead_token":"YOUR_TOKEN",
    "caller_id":"+18004506787",
    "data":{"email":"john@example.com","interest":"kittens"}
  }' \
  https://your-domain.com/api/v1/leads?lead_token=YOUR_TOKEN
