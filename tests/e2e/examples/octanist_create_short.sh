curl -X POST \
-H "X-API-KEY: your_api_key" \
-H "Content-Type: application/json" \
-d '{
"name": "John Doe",
"email": "john@example.com",
"phone": "+1234567890",
"gclid": "abc123",
"utm_source": "google",
"utm_medium": "cpc",
"ad_storage": true,
"ad_user_data": true
}' \
"https://octanist.com/api/leads"
