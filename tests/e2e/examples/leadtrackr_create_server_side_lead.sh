curl -X POST https://app.leadtrackr.io/api/leads/createServerSideLead \
  -H "Content-Type: application/json" \
  -H "X-API-Key: your-api-key-here" \
  -d '{
    "projectId": "your-project-id",
    "userData": {
      "firstName": "Jane",
      "lastName": "Smith",
      "email": "jane@example.com",
      "phone": "+31687654321",
      "companyName": "Acme Inc."
    },
    "attributionData": {
      "gclid": "xyz789",
      "cid": "9876543210.9876543210",
      "fbp": "fb.1.1612345678.9876543210"
    },
    "formData": {
      "formName": "Contact Form",
      "formMessage": "Interested in your services",
      "uniqueEventId": "evt_xyz789"
    },
    "deviceData": {
      "ipAddress": "203.0.113.50",
      "userAgent": "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)"
    },
    "uniqueIdentifier": "crm-lead-789"
  }'
